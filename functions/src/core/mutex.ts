/**
 * Runs one piece of work at a time. firebase-admin fetches App Check's keys for every caller that finds none, or finds that
 * they have expired; so a thousand tokens at that moment would be a thousand fetches. With the keys there, work that only computes
 * takes as long one by one as all at once.
 *
 * @param failed did this error leave us without keys? Then whoever was waiting fails with it instead of trying, too.
 */
export function createMutex(failed: (error: unknown) => boolean): <T>(work: () => Promise<T>) => Promise<T> {
  let line: Promise<void> | undefined;
  return (work) => {
    const result = line === undefined ? work() : line.then(work);
    const mine = result.then(
      () => undefined,
      (error) => {
        if (failed(error)) throw error;
      },
    );
    const leave = () => {
      if (line === mine) line = undefined;
    };
    mine.then(leave, leave);
    line = mine;
    return result;
  };
}
