/** A request to the control API that cannot be done; the message says which field and why. */
export class ControlError extends Error {
  override name = 'ControlError';
}
