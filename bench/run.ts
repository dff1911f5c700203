import { coldStart } from './cold-start.ts';
import type { Result } from './measure.ts';
import { memory } from './memory.ts';
import { recognise } from './recognise.ts';
import { throughput } from './throughput.ts';
import { verify } from './verify.ts';

/** Every measurement in one run, since only ratios of one run mean anything on a machine that is not quiet. */
const results: Result[] = [];
for (const measure of [recognise, verify, throughput, coldStart, memory]) results.push(...(await measure()));

for (const { what, value, budget, kept } of results) {
  const verdict = budget === '' ? '' : kept ? 'kept' : 'MISSED';
  console.log(`${what.padEnd(46)}${value.padStart(12)}   ${budget.padEnd(16)}${verdict}`);
}
process.exit(results.every(({ kept }) => kept) ? 0 : 1);
