/**
 * Lets the first piece of work go alone, and the rest when it has succeeded. firebase-admin fetches keys anew for every
 * caller that finds none; so a thousand tokens on a cold instance would be a thousand fetches.
 *
 * @param failed did this outcome leave us without keys? Then whoever waited fails in the same way, and the next is first.
 */
export function createFirstAlone(
  failed: (error: unknown) => boolean,
): <T>(work: () => Promise<T>) => Promise<T> {
  let first: Promise<void> | undefined;
  return async (work) => {
    if (first !== undefined) {
      await first;
      return work();
    }
    const result = work();
    first = result.then(
      () => undefined,
      (error) => {
        if (!failed(error)) return;
        first = undefined;
        throw error;
      },
    );
    first.catch(() => undefined);
    return result;
  };
}
