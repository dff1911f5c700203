import type { Micros } from './time.ts';

/** Returns the current time. */
export type Clock = () => Micros;

export const systemClock: Clock = () => Date.now() * 1000;
