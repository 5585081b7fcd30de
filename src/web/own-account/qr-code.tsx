// A QR code, drawn in the browser: what it says goes nowhere.
import { correction, generate } from 'lean-qr'
import { toSvgPath } from 'lean-qr/extras/svg'
import styles from './own-account.module.css'

/** Cameras want a light edge of this many squares. */
const edge = 4

export function QrCode({ text, label }: { text: string; label: string }) {
  const code = generate(text, { minCorrectionLevel: correction.M })
  const size = code.size + 2 * edge
  return (
    <svg className={styles.qr} viewBox={`${-edge} ${-edge} ${size} ${size}`} role="img" aria-label={label}>
      <rect x={-edge} y={-edge} width={size} height={size} fill="#fff" />
      <path d={toSvgPath(code)} fill="#000" shapeRendering="crispEdges" />
    </svg>
  )
}
