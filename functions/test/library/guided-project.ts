import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../../../tools/lib/emulator-setup.ts';
import { codeBlocks } from '../helpers/docs.ts';

/** The project of docs/guides/existing-express-app.md. */

const GUIDE = 'docs/guides/existing-express-app.md';
const TEMPLATES = join(ROOT, 'node_modules/firebase-tools/templates');
/** What the guide leads to. */
export const EXAMPLE = join(ROOT, 'examples/existing-project');
/** Its files, except firebase.json and package.json, which the installation changes. */
export const FILES = [
  '.gitignore',
  'functions/.gitignore',
  'functions/tsconfig.json',
  'functions/src/gatehouse.ts',
  'functions/src/index.ts',
  'functions/src/projects.ts',
];

/** The shell blocks that the test runs, in their order. */
export const COMMANDS = codeBlocks(GUIDE)
  .filter(({ notRun }) => notRun?.startsWith('functions/test/library runs it'))
  .map(({ code }) => code);

interface Step {
  readonly file: string;
  /** `before`, `import`, `at the end`, or `in place of: ` and how the line begins. Absent: a file. */
  readonly where: string | undefined;
  readonly code: string;
}

const STEPS = codeBlocks(GUIDE).flatMap(({ language, code }): Step[] => {
  const [, file, where, rest] = /^\/\/ (functions\/src\/[\w-]+\.ts)(?:, (.+))?\n([\s\S]*)$/.exec(code) ?? [];
  return language === 'ts' && file !== undefined && rest !== undefined ? [{ file, where, code: rest }] : [];
});

/**
 * Writes a project as `firebase init` makes it for functions in TypeScript, without ESLint, and the code that the guide
 * begins with.
 *
 * @param firebaseJson contents of firebase.json
 */
export function writeProject(folder: string, firebaseJson: object): void {
  const template = (path: string) => readFileSync(join(TEMPLATES, path), 'utf8');
  const typescript = (name: string) => template(`init/functions/typescript/${name}`);
  mkdirSync(join(folder, 'functions/src'), { recursive: true });
  const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
  write('firebase.json', JSON.stringify(firebaseJson, null, 2));
  write('.gitignore', template('_gitignore'));
  write('functions/.gitignore', typescript('_gitignore'));
  write('functions/tsconfig.json', typescript('tsconfig.json'));
  write('functions/package.json', typescript('package.nolint.json').replace('{{RUNTIME}}', '24'));
  for (const { file, where, code } of STEPS) {
    if (where === 'before' || file.endsWith('/projects.ts')) write(file, code);
  }
}

/** Changes the code as the guide says. */
export function followGuide(folder: string): void {
  for (const { file, where, code } of STEPS) {
    const path = join(folder, file);
    if (where === 'before') continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, where === undefined ? code : change(readFileSync(path, 'utf8'), where, code));
  }
}

function change(text: string, where: string, code: string): string {
  if (where === 'at the end') return `${text}\n${code}`;
  if (where === 'import') return sortImports(`${code}${text}`);
  const start = where.replace('in place of: ', '');
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.startsWith(start));
  if (from < 0) throw new Error(`${GUIDE}: no line begins with ${start}`);
  const replacement = code.trimEnd();
  // A statement of several lines, unless the guide shows its first line only.
  const hasAllLines = replacement.endsWith(';') && !lines[from]?.endsWith(';');
  const to = hasAllLines ? lines.indexOf('});', from) : from;
  return lines.toSpliced(from, to - from + 1, replacement).join('\n');
}

/** Packages first, by name, as formatters do. */
function sortImports(text: string): string {
  const end = text.indexOf('\n\n');
  // `~` comes after every letter.
  const key = (line: string) => line.replace(/^.*'(.*)'.*$/, '$1').replace(/^\./, '~');
  const sorted = text
    .slice(0, end)
    .split('\n')
    .toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  return sorted.join('\n') + text.slice(end);
}
