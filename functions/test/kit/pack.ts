import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** What the build of the package reads. */
const SOURCES = ['functions', 'firestore.indexes.json', 'LICENSE'];
const OTHER = ['node_modules', 'lib', 'dist', 'test', 'npm-shrinkwrap.json'];

/** The npm package, as `npm pack` in functions/ makes it. */
export interface PackedPackage {
  readonly manifest: {
    readonly name: string;
    readonly version: string;
    readonly scripts: Readonly<Record<string, string>>;
    readonly dependencies?: unknown;
    readonly peerDependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  readonly tarball: Buffer;
  /** The unpacked files. */
  readonly folder: string;
  /** What npm has left in functions/, by name. */
  readonly left: readonly string[];
  remove(): void;
}

/** Packs a copy: tests that run at the same time must not find half a package. */
export function packPackage(): PackedPackage {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-pack-'));
  for (const source of SOURCES) {
    const filter = (path: string) => !OTHER.includes(basename(path));
    cpSync(join(REPOSITORY, source), join(scratch, source), { recursive: true, filter });
  }
  const functions = join(scratch, 'functions');
  symlinkSync(join(REPOSITORY, 'functions/node_modules'), join(functions, 'node_modules'));
  const args = ['pack', '--silent', '--pack-destination', scratch];
  const name = execFileSync('npm', args, { cwd: functions, encoding: 'utf8' }).trim();
  execFileSync('tar', ['xf', name], { cwd: scratch });
  const folder = join(scratch, 'package');
  return {
    manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
    tarball: readFileSync(join(scratch, name)),
    folder,
    left: readdirSync(functions),
    remove: () => rmSync(scratch, { recursive: true }),
  };
}
