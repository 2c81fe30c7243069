/** Types of the failures that activities throw; `src/aws/errors.ts` says which AWS error becomes which. */
export const failureTypes = {
  /** Wrong for every instance: access denied, a missing cluster, a changed document. Nothing more may start. */
  stopsRollout: 'StopsRollout',
  /** Wrong for this instance, for good. */
  failsInstance: 'FailsInstance',
  /** Not there yet; benign, looked at again soon. */
  stillWaiting: 'StillWaiting',
  /** AWS, or the way to it, is in trouble; tried again. */
  unavailable: 'AwsUnavailable',
  /** A message did not reach its receiver. */
  undelivered: 'Undelivered',
} as const;
