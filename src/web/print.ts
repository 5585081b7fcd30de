// Paper is white: while the page is printed it has its light colours, whatever the screen has.

const scheme = 'data-mantine-color-scheme'

export function printLight(): void {
  const { documentElement: root } = document
  let shown: string | null = null
  const set = (isPrinted: boolean) => {
    if (isPrinted && shown === null) {
      shown = root.getAttribute(scheme)
      root.setAttribute(scheme, 'light')
    } else if (!isPrinted && shown !== null) {
      root.setAttribute(scheme, shown)
      shown = null
    }
  }
  // Browsers differ in which of these they send.
  window.addEventListener('beforeprint', () => set(true))
  window.addEventListener('afterprint', () => set(false))
  window.matchMedia('print').addEventListener('change', ({ matches }) => set(matches))
}
