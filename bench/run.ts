import { coldStart } from './cold-start.ts';
import { feed } from './feed.ts';
import { lambda } from './lambda-cold-start.ts';
import type { Result } from './measure.ts';
import { memory } from './memory.ts';
import { recognise } from './recognise.ts';
import { scale } from './scale.ts';
import { throughput } from './throughput.ts';
import { verify } from './verify.ts';

/** Every measurement in one run, since only ratios of one run mean anything on a machine that is not quiet. */
const MEASUREMENTS = { recognise, verify, throughput, feed, coldStart, lambda, memory, scale };

const asked = process.argv.slice(2);
const names = Object.keys(MEASUREMENTS) as (keyof typeof MEASUREMENTS)[];
const unknown = asked.filter((name) => !Object.hasOwn(MEASUREMENTS, name));
if (unknown.length > 0) {
  console.error(`There is no measurement ${unknown.join(', ')}. There are: ${names.join(', ')}.`);
  process.exit(1);
}

const results: Result[] = [];
for (const name of names) {
  if (asked.length === 0 || asked.includes(name)) results.push(...(await MEASUREMENTS[name]()));
}

for (const { what, value, budget, kept } of results) {
  const verdict = budget === '' ? '' : kept ? 'kept' : 'MISSED';
  console.log(`${what.padEnd(46)}${value.padStart(12)}   ${budget.padEnd(16)}${verdict}`);
}
process.exit(results.every(({ kept }) => kept) ? 0 : 1);
