// The errors that end a command of service.sh with a sentence instead of a stack.

/** Something that the person at the keyboard can do something about; its message says what. */
export class ServiceError extends Error {
  override name = 'ServiceError'
}

/** A command line that makes no sense. */
export class UsageError extends ServiceError {
  override name = 'UsageError'
}
