import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettings } from '../../functions/cli/settings.ts';
import { DEFAULT_DATABASE } from '../../functions/src/distribution.ts';
import { ROOT } from './emulator-setup.ts';
import { chooseFirestore, type FirestoreKind } from './firestore-option.ts';

/** The arguments of `npm start`. */
export interface StartOptions {
  firestore: FirestoreKind;
  /** The folder in which users and documents are kept between runs. */
  data: string | undefined;
  /** Folders of exports, as those of `firebase emulators:export`. */
  importFrom: string | undefined;
  exportTo: string | undefined;
  withIssuers: boolean;
  ports: 'free' | 'fixed';
  verbose: boolean;
  /** Whether changes of the code are built and served. */
  watch: boolean;
  /** All other arguments: options of `firebase emulators:start`. */
  cliOptions: string[];
}

const OPTIONS = {
  data: { type: 'string' },
  import: { type: 'string' },
  'export-on-exit': { type: 'string' },
  'with-issuers': { type: 'boolean', default: false },
  firestore: { type: 'string' },
  'free-ports': { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  watch: { type: 'boolean', default: false },
} as const;

/** Options of the CLI with which it would start something else than `npm start` waits for. */
const OTHER_EMULATORS = new Set(['--only', '--project', '-P', '--config', '-c']);

/** @throws Error with a message of one line, if the arguments are wrong */
export function readStartOptions(
  args = process.argv.slice(2),
  databaseId = readSettings('demo-gatehouse', ROOT).DATABASE_ID ?? DEFAULT_DATABASE,
): StartOptions {
  const parsed = { options: OPTIONS, strict: false, tokens: true } as const;
  const { values, tokens } = parseArgs({ ...parsed, args: args.map(withOptionalValue) });
  const text = (name: keyof typeof OPTIONS) => {
    const value = values[name];
    if (value === true) throw new Error(`--${name} needs a value`);
    return value === false ? undefined : value;
  };
  const folder = (name: keyof typeof OPTIONS) => {
    const value = text(name);
    return value ? resolve(value) : undefined;
  };
  const cliOptions = tokens.flatMap((token) => {
    if (token.kind === 'positional') return token.value;
    if (token.kind !== 'option' || Object.hasOwn(OPTIONS, token.name)) return [];
    return token.inlineValue ? `${token.rawName}=${token.value}` : token.rawName;
  });
  const other = cliOptions.find((option) => OTHER_EMULATORS.has(option.split('=', 1)[0] ?? ''));
  if (other) {
    throw new Error(
      `npm start does not take ${other}; for other emulators: npx firebase emulators:start ${other} ...`,
    );
  }

  const data = text('data');
  const importFrom = folder('import');
  const exportTo = folder('export-on-exit') ?? ('export-on-exit' in values ? importFrom : undefined);
  if ('export-on-exit' in values && !exportTo)
    throw new Error('--export-on-exit needs a folder, or --import');
  if (data && (importFrom || exportTo)) throw new Error('--data excludes --import and --export-on-exit');
  if (
    text('firestore') === 'official' &&
    databaseId !== DEFAULT_DATABASE &&
    (data || importFrom || exportTo)
  ) {
    throw new Error(
      `Google’s emulator saves and loads only the database (default), and DATABASE_ID is ${databaseId}: leave out --firestore=official`,
    );
  }
  // As the CLI does: the first of several runs with both has nothing to import.
  const isFirst = importFrom !== undefined && importFrom === exportTo && !existsSync(importFrom);
  return {
    ...{ firestore: chooseFirestore(text('firestore')), data, exportTo, cliOptions },
    importFrom: isFirst ? undefined : importFrom,
    withIssuers: values['with-issuers'] === true,
    ports: values['free-ports'] ? 'free' : 'fixed',
    verbose: values.verbose === true,
    watch: values.watch === true,
  };
}

/** `--export-on-exit` takes a value or none, which `parseArgs` does not know. */
const withOptionalValue = (arg: string, i: number, args: string[]) =>
  arg === '--export-on-exit' && (args[i + 1] ?? '-').startsWith('-') ? `${arg}=` : arg;
