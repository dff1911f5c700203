/**
 * Runs one piece of work at a time. firebase-admin fetches App Check's keys once for every caller that finds none, or finds
 * them expired: a thousand concurrent tokens would be a thousand fetches. With keys, the work only computes, and takes as
 * long one by one as all at once.
 *
 * @param stops does this error mean that no keys can be fetched? Then waiting work fails with it and is not run.
 */
export function createMutex(stops: (error: unknown) => boolean): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<void> | undefined;
  return (work) => {
    const result = last === undefined ? work() : last.then(work);
    const finished = result.then(
      () => undefined,
      (error) => {
        if (stops(error)) throw error;
      },
    );
    const clear = () => {
      if (last === finished) last = undefined;
    };
    finished.then(clear, clear);
    last = finished;
    return result;
  };
}
