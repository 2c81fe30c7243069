/** Closes one after the other, each whatever became of those before it; then throws what the first of them threw. */
export async function closeAll(open: readonly { close(): Promise<void> }[]): Promise<void> {
  const errors: unknown[] = [];
  for (const one of open) await one.close().catch((err: unknown) => errors.push(err));
  if (errors.length > 0) throw errors[0];
}
