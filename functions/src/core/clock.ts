/** Milliseconds since the epoch. Passed in, so that tests can move it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** Whole seconds since the epoch, the unit of every JWT time (RFC 7519 §2, NumericDate). */
export function seconds(clock: Clock): number {
  return Math.floor(clock() / 1000);
}
