import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

const LIB = new URL('../../functions/lib/', import.meta.url);

/** A file of the deployed bundle, with the package of each position. */
export interface BundledFile {
  readonly file: string;
  readonly bytes: number;
  /** Bytes by package; `gatehouse` for Gatehouse's own code. */
  readonly packages: ReadonlyMap<string, number>;
  /** The package of the code at a position. Line and column start at 0. */
  packageAt(line: number, column: number): string;
}

/** Reads all deployed JavaScript files with their source maps. */
export function readBundle(): BundledFile[] {
  const names = readdirSync(LIB, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.js') && existsSync(new URL(`${name}.map`, LIB)))
    .map(readFile);
}

function readFile(file: string): BundledFile {
  const url = new URL(file, LIB);
  const text = readFileSync(url, 'utf8');
  const map = new SourceMap(JSON.parse(readFileSync(new URL(`${file}.map`, LIB), 'utf8')));
  const packageAt = (line: number, column: number) => {
    const entry = map.findEntry(line, column);
    return 'originalSource' in entry ? packageOf(entry.originalSource) : 'bundle (unmapped)';
  };
  const packages = new Map<string, number>();
  for (const [number, line] of text.split('\n').entries())
    addLine(packages, line, (at) => packageAt(number, at));
  return { file: fileURLToPath(url), bytes: text.length, packages, packageAt };
}

/** The package is looked up every 32 columns: statements in a bundle are longer than that. */
const STEP = 32;

function addLine(packages: Map<string, number>, line: string, packageAt: (column: number) => string): void {
  for (let at = 0; at < line.length; at += STEP) {
    const name = packageAt(at);
    packages.set(name, (packages.get(name) ?? 0) + Math.min(STEP, line.length - at));
  }
}

/** The innermost package of a path, or `gatehouse`. */
export function packageOf(path: string): string {
  const inside = path.replaceAll('\\', '/').split('node_modules/').at(-1) ?? '';
  if (inside === path) return 'gatehouse';
  const [scope = '', name = ''] = inside.split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}
