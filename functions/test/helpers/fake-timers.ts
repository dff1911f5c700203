/**
 * While `work` runs, timers fire at once, so that a test does not wait for a deadline.
 *
 * @param of only timers with this delay, in ms; all others keep their delay
 * @returns the requested delays, in ms
 */
export async function withoutDelay(work: () => Promise<unknown>, of?: number): Promise<number[]> {
  const { setTimeout: real } = globalThis;
  const delays: number[] = [];
  const hurried = (callback: (...values: unknown[]) => void, delay = 0, ...values: unknown[]) => {
    delays.push(delay);
    return real(callback, of === undefined || delay === of ? 0 : delay, ...values);
  };
  // `promisify(setTimeout)` keeps its real delay.
  globalThis.setTimeout = Object.assign(hurried, { __promisify__: real.__promisify__ }) as typeof setTimeout;
  try {
    await work();
  } finally {
    globalThis.setTimeout = real;
  }
  return delays;
}

/** While `work` runs, `performance.now` can be moved forward. */
export async function withPerformanceClock(
  work: (move: (ms: number) => void) => Promise<void>,
): Promise<void> {
  const real = performance.now;
  let ahead = 0;
  performance.now = () => real.call(performance) + ahead;
  try {
    await work((ms) => {
      ahead += ms;
    });
  } finally {
    performance.now = real;
  }
}

/**
 * While `work` runs, signals of `AbortSignal.timeout` time out when the test calls `pass`.
 *
 * @returns the requested timeouts, in ms
 */
export async function withManualTimeouts(work: (pass: () => void) => Promise<unknown>): Promise<number[]> {
  const real = AbortSignal.timeout;
  const deadlines: number[] = [];
  const controllers: AbortController[] = [];
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    deadlines.push(ms);
    controllers.push(controller);
    return controller.signal;
  };
  try {
    await work(() => {
      for (const controller of controllers) controller.abort(new DOMException('passed', 'TimeoutError'));
    });
  } finally {
    AbortSignal.timeout = real;
  }
  return deadlines;
}
