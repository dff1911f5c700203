import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FUNCTIONS = fileURLToPath(new URL('../..', import.meta.url));

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
  remove(): void;
}

export function packPackage(): PackedPackage {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-pack-'));
  const args = ['pack', '--silent', '--pack-destination', scratch];
  const name = execFileSync('npm', args, { cwd: FUNCTIONS, encoding: 'utf8' }).trim();
  execFileSync('tar', ['xf', name], { cwd: scratch });
  const folder = join(scratch, 'package');
  return {
    manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
    tarball: readFileSync(join(scratch, name)),
    folder,
    remove: () => rmSync(scratch, { recursive: true }),
  };
}
