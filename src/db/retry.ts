/**
 * Runs a write that may be repeated, again if it failed: the database may have carried it out and lost the answer, and
 * D1 repeats reads by itself but never a write.
 */
export async function retryWrite<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch {
    return write();
  }
}
