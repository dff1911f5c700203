import type { Micros } from './time.ts';

/** Gives the present moment. */
export type Clock = () => Micros;

export const systemClock: Clock = () => Date.now() * 1000;
