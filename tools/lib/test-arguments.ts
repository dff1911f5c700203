import { statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './emulator-setup.ts';
import { chooseFirestore, type FirestoreKind } from './firestore-option.ts';
import { testFilesIn } from './mocha.ts';
import { FUNCTIONS } from './run.ts';
import type { Stage } from './stage.ts';

/** The arguments of `npm test`. */
export interface TestArguments {
  help: boolean;
  full: boolean;
  firestore: FirestoreKind;
  /** Mocha's options that select tests by title. */
  filter: string[];
  /** The selected stages, each with its selected test files. Without files, all files of the stage run. */
  selected: Map<string, string[]>;
  /** Which of `count` parts of the run; the first has index 1. */
  shard: { index: number; count: number } | undefined;
}

export const usage = (names: readonly string[]) => `Usage: npm test [-- [options] [stage | file | folder ...]]

Without a stage: all of them, except bench. A test file or a folder of test files runs in its own stage, with the
emulators that this needs.

  -g, --grep <text>        only tests with a title that matches this regular expression, as in mocha
  -f, --fgrep <text>       only tests with this text in their title
  -i, --invert             only tests that --grep or --fgrep do not match
      --full               all random cases (otherwise a tenth), and stages of folders that did not change
      --firestore <kind>   embedded (default), or official: Google's emulator, which needs Java
      --shard <i>/<n>      the i-th of n parts, for CI that runs them at the same time
  -h, --help               this text

Stages: ${names.join(', ')}

Examples:
  npm test -- unit
  npm test -- functions/test/emulator/audit.test.ts
  npm test -- unit --grep "last owner"
`;

/** @throws Error with a message of one line, if the arguments are wrong */
export function readArguments(stages: Readonly<Record<string, Stage>>): TestArguments {
  const { values, positionals } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      full: { type: 'boolean', default: false },
      firestore: { type: 'string' },
      grep: { type: 'string', short: 'g' },
      fgrep: { type: 'string', short: 'f' },
      invert: { type: 'boolean', short: 'i', default: false },
      shard: { type: 'string' },
    },
    allowPositionals: true,
  });
  const { help, full, grep, fgrep, invert } = values;
  if (grep !== undefined && fgrep !== undefined) throw new Error('--grep and --fgrep exclude each other');
  const filter = [
    ...(grep === undefined ? [] : ['--grep', grep]),
    ...(fgrep === undefined ? [] : ['--fgrep', fgrep]),
  ];
  if (invert && filter.length === 0) throw new Error('--invert needs --grep or --fgrep');
  if (invert) filter.push('--invert');

  const selected = new Map<string, string[]>();
  for (const word of positionals) {
    const found = Object.hasOwn(stages, word) ? [{ name: word, files: [] }] : findFiles(word, stages);
    for (const { name, files } of found) {
      const before = selected.get(name) ?? files;
      const isWholeStage = files.length === 0 || before.length === 0;
      selected.set(name, isWholeStage ? [] : [...new Set([...before, ...files])]);
    }
  }
  const firestore = help ? 'embedded' : chooseFirestore(values.firestore);
  return { help, full, firestore, filter, selected, shard: readShard(values.shard) };
}

/** The test files at or below a path, by stage. */
function findFiles(
  word: string,
  stages: Readonly<Record<string, Stage>>,
): { name: string; files: string[] }[] {
  const path = [process.env.INIT_CWD ?? process.cwd(), ROOT, FUNCTIONS]
    .map((folder) => resolve(folder, word))
    .find((candidate) => statSync(candidate, { throwIfNoEntry: false }) !== undefined);
  if (path === undefined) {
    throw new Error(
      `there is no stage and no test file "${word}"; the stages are: ${Object.keys(stages).join(', ')}`,
    );
  }
  const isMeant = (file: string) => file === path || file.startsWith(`${path}/`);
  const found = Object.entries(stages).flatMap(([name, { folder }]) => {
    const files = folder === undefined ? [] : testFilesIn(folder).filter(isMeant);
    return files.length > 0 ? [{ name, files }] : [];
  });
  if (found.length > 0) return found;
  const folders = Object.values(stages).flatMap(({ folder }) => folder ?? []);
  throw new Error(`there are no tests at ${relative(ROOT, path)}; they are in: ${folders.join(', ')}`);
}

function readShard(text: string | undefined): TestArguments['shard'] {
  if (text === undefined) return undefined;
  const [, index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index < 1 || index > count) throw new Error(`--shard is like 1/3, not "${text}"`);
  return { index, count };
}
