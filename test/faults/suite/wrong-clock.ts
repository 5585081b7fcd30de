// Loaded before a program, it makes its clock wrong by WRONG_BY_HOURS.
const wrongByMs = Number(process.env['WRONG_BY_HOURS']) * 3600_000
const RightDate = Date

class WrongDate extends RightDate {
  constructor(...given: [] | [string | number | Date]) {
    if (given.length === 0) super(RightDate.now() + wrongByMs)
    else super(...(given as [number]))
  }

  static override now() {
    return RightDate.now() + wrongByMs
  }
}

globalThis.Date = WrongDate as DateConstructor
