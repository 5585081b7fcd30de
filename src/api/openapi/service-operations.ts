// What a page and whoever runs the program ask, as the OpenAPI document has it.
import { z } from 'zod'
import { About, Health, Me, PageError, Readiness } from '../../contract.ts'
import { operation } from './operation.ts'

export const serviceOperations = {
  'get /api/me': operation('getMe', 'Who is signed in', Me),
  'get /api/about': operation('getAbout', 'What a page has to know before anyone is signed in', About, { open: true }),
  'post /api/page-errors': operation('reportPageError', 'Tell of an error of a page', null, {
    description: 'One line of the log, under the reference that the person sees.',
    body: PageError,
    status: 204,
    errors: ['too_many_requests'],
    open: true,
  }),
  'get /api/openapi.json': operation('getOpenApi', 'This document', z.looseObject({}), { open: true }),
  'get /api/docs': operation('getDocs', 'This document as a page', 'text/html', { open: true }),
  'get /healthz': operation('getHealth', 'The process is alive', Health, { open: true }),
  'get /readyz': operation('getReadiness', 'The stores that the process stands on answer', Readiness, {
    also: { 503: { description: 'One of them does not.', returns: Readiness } },
    open: true,
  }),
}
