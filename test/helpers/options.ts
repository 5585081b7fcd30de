// The options as nobody has set them, with another Service URL where a test needs one.
import type { Options } from '../../src/contract.ts'

type ServiceUrl = Options['bluesky_service-url']

export function optionsWith(serviceUrl: Partial<ServiceUrl> = {}): Options {
  const effective = 'https://here.example'
  return {
    'bluesky_service-url': { saved: '', effective, source: 'default', unsaved: effective, ...serviceUrl },
    bluesky_integration_status: { saved: null, effective: 'enabled', source: 'default' },
    bluesky_other_servers: { saved: null, effective: 'refuse', source: 'default', unsaved: 'refuse' },
  }
}
