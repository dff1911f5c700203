// npm test [-- --firestore=official] [stage ...]: runs the stages in order, goes on after a failure, ends with one summary.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chooseFirestore } from './lib/firestore-option.ts';
import { failure, type Outcome } from './lib/outcome.ts';
import { FUNCTIONS, fail } from './lib/run.ts';
import { stages } from './lib/stages.ts';

interface Row extends Outcome {
  name: string;
  seconds: number;
}

async function runStage(name: string, stage: () => Promise<Outcome>): Promise<Row> {
  console.log(`\n=== ${name}`);
  const begin = performance.now();
  const outcome = await stage().catch((error: Error) => failure(error.message));
  return { name, seconds: (performance.now() - begin) / 1000, ...outcome };
}

function summarize(rows: Row[]): string {
  const lines = rows.map(({ name, passed, failed, skipped, seconds, notes }) => {
    const numbers = [passed, failed, skipped, seconds.toFixed(1)].map((n) => String(n).padStart(9));
    return [name.padEnd(14), ...numbers, ...notes.map((note) => `\n    ${note}`)].join('');
  });
  return ['stage            passed   failed  skipped  seconds', ...lines].join('\n');
}

/** What was typed, read; one line says what is wrong with it. */
function read<T>(reader: () => T): T {
  try {
    return reader();
  } catch (error) {
    return fail(error);
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

const names = Object.keys(stages);
const { values, positionals: asked } = read(() =>
  parseArgs({ options: { firestore: { type: 'string' } }, allowPositionals: true }),
);
const unknown = asked.find((name) => !names.includes(name));
if (unknown) fail(`there is no stage "${unknown}"; the stages are: ${names.join(', ')}`);
// What the build makes, most other stages read.
if (asked.length > 0 && !asked.includes('build') && !existsSync(`${FUNCTIONS}/src/meta/openapi.json`)) {
  asked.push('build');
}
const isAsked = (name: string) => asked.length === 0 || asked.includes(name);

const firestore = read(() => chooseFirestore(values.firestore));
const rows: Row[] = [];
for (const [name, stage] of Object.entries(stages)) {
  if (isAsked(name)) rows.push(await runStage(name, () => stage(firestore)));
}

const left = names.filter((name) => !isAsked(name));
const total = (key: 'passed' | 'failed' | 'skipped') => rows.reduce((sum, row) => sum + row[key], 0);
console.log(`\n=== summary\n${summarize(rows)}`);
if (left.length) console.log(`not asked for: ${left.join(', ')}`);
console.log(`\n${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`);
process.exitCode = total('failed') ? 1 : 0;
