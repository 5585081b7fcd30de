// Starts the pages in the browser.
import './styles/styles.ts'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { printLight } from './print.ts'
import { loadFirst } from './texts/language.tsx'

// After an update of the program, what an open page loads when needed has other names: the page is loaded anew for
// them. Once: what is missing then is missing for another reason, and the page says so.
const againMs = 60_000
window.addEventListener('vite:preloadError', () => {
  if (!navigator.onLine) return
  try {
    if (Date.now() - Number(sessionStorage.getItem('reloadedAt')) < againMs) return
    sessionStorage.setItem('reloadedAt', String(Date.now()))
  } catch {
    // Without storage nobody would know that it was tried.
    return
  }
  location.reload()
})

printLight()

const root = document.getElementById('root')
const first = await loadFirst()
// Before the first call of a page, which says it to the API.
document.documentElement.lang = first.language
if (root) createRoot(root).render(<App first={first} />)
