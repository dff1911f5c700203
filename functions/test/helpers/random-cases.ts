import { randomInt } from 'node:crypto';

/** The number of random cases in a test: all in `npm test -- --full`, otherwise a tenth. */
export const caseCount = (all: number): number =>
  process.env.GATEHOUSE_FULL_TESTS ? all : Math.ceil(all / 10);

/**
 * The seed of random cases. It is fixed, so that the same commit always gives the same result. FUZZ_SEED replaces it:
 * by a number, to repeat a failure, or by a `random` one, to search for new failures.
 */
export const SEED = readSeed(process.env.FUZZ_SEED);

function readSeed(text = '1'): number {
  if (text === 'random') return randomInt(2 ** 31);
  const seed = Number(text);
  if (Number.isSafeInteger(seed)) return seed;
  throw new Error(`FUZZ_SEED is an integer, or random, not "${text}"`);
}
