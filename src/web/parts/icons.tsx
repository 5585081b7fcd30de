// The icons, drawn as lines in the colour of the text around them.

const paths = {
  alert:
    'M12 8v5m0 3.2v.3M10.4 4.3 2.9 17.5A1.8 1.8 0 0 0 4.5 20h15a1.8 1.8 0 0 0 1.6-2.5L13.6 4.3a1.8 1.8 0 0 0-3.2 0Z',
  info: 'M12 11.5v5m0-8.7v.3M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  checkCircle: 'm8.2 12.3 2.7 2.7 5-5.4M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  clock: 'M12 7.2V12l3.2 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  close: 'm6 6 12 12M18 6 6 18',
  plus: 'M12 5v14M5 12h14',
  chevron: 'm6 9.5 6 6 6-6',
  next: 'm9.5 6 6 6-6 6',
  previous: 'm14.5 6-6 6 6 6',
  dots: 'M5.5 12h.01M12 12h.01M18.5 12h.01',
  external:
    'M13.5 5H19v5.5M19 5l-8.5 8.5M10 6H6.5A1.5 1.5 0 0 0 5 7.5v10A1.5 1.5 0 0 0 6.5 19h10a1.5 1.5 0 0 0 1.5-1.5V14',
  refresh: 'M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9m0-4.5V9H15',
  key: 'M12.3 11.7 4.5 19.5m3-3 2.5 2.5M20 8.5a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0Z',
  trash: 'M5 7h14M10 11v5.5M14 11v5.5M9 7V4.5h6V7M6.5 7l.9 12.5h9.2L17.5 7',
  signOut: 'M14 5H7.5A1.5 1.5 0 0 0 6 6.5v11A1.5 1.5 0 0 0 7.5 19H14m2.5-10.5L20 12l-3.5 3.5M20 12h-9.5',
  tag: 'M4.5 4.5h7l8 8-7 7-8-8Zm3.6 3.6h.01',
  search: 'm20 20-4.3-4.3M17.5 11a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0Z',
  copy: 'M8.5 8.5h11v11h-11Zm-4 7V4.5h11',
  user: 'M16 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM4.5 20a7.5 7.5 0 0 1 15 0',
  download: 'M12 4.5v10.5m-4.5-4L12 15.5l4.5-4.5M5 19.5h14',
  lock: 'M7.5 10.5V8a4.5 4.5 0 0 1 9 0v2.5M6 10.5h12v9H6Z',
  cloud: 'M7 18.5a4.5 4.5 0 0 1-.3-9A6 6 0 0 1 18 11a3.8 3.8 0 0 1-.8 7.5Z',
  offline: 'm4 4 16 16M9.3 5.9A6 6 0 0 1 18 11a3.8 3.8 0 0 1 2 6M17 18.5H7a4.5 4.5 0 0 1-.3-9c.2-.6.4-1.1.8-1.6',
  mail: 'M4 6.5h16v11H4Zm0 .5 8 6 8-6',
  gear: 'M4 7h9m5 0h2M4 17h2m5 0h9M15.5 4.5v5M8.5 14.5v5',
  compass: 'm15.5 8.5-2 5-5 2 2-5ZM21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
}

export type IconName = keyof typeof paths

/** Decoration: whatever it says is said in words beside it. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'dots' ? 3 : 1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  )
}
