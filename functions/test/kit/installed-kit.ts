import { findFreePorts } from '../../../tools/lib/ports.ts';
import { codeBlocks } from '../helpers/docs.ts';
import { type Adopter, makeAdopter } from './adopter.ts';
import { type PackedPackage, packPackage } from './pack.ts';
import { startRegistry } from './registry.ts';

export const PROJECT = 'demo-shop';

/** The shell blocks of the guide that the tests run. */
const [install = '', start = '', ask = '', deploy = '', remove = ''] = codeBlocks(
  'docs/guides/function-kit.md',
)
  .filter(({ notRun }) => notRun?.startsWith('functions/test/kit runs it'))
  .map(({ code }) => code);
export const GUIDE = { install, start, ask, deploy, remove };

export const BIN = 'function-kits/functions/source/node_modules/.bin/gatehouse';

interface InstalledKit {
  readonly packed: PackedPackage;
  readonly adopter: Adopter;
  /** How long the installation took. */
  readonly installMs: number;
  /** Of the adopter's emulators, and a free one for Firestore. */
  readonly ports: Readonly<
    Record<'auth' | 'functions' | 'hosting' | 'hub' | 'logging' | 'firestore', number>
  >;
}

let kit: Promise<InstalledKit> | undefined;

/** The kit in the project of an adopter, installed as the guide says. Once for all files of tests, which do not change it. */
export const installedKit = (): Promise<InstalledKit> => {
  kit ??= installKit();
  return kit;
};

async function installKit(): Promise<InstalledKit> {
  const packed = packPackage();
  process.once('exit', packed.remove);
  const [auth = 0, functions = 0, hosting = 0, hub = 0, logging = 0, firestore = 0] = await findFreePorts(6);
  const emulators = { auth, functions, hosting, hub, logging };
  const adopter = await makeAdopter(PROJECT, emulators);
  process.once('exit', adopter.remove);
  const upstream = (await adopter.sh('npm config get registry')).trim();
  const registry = await startRegistry(packed.manifest, packed.tarball, upstream);
  const env = { npm_config_registry: registry.url, FIREBASE_TOKEN: 'of-a-test' };
  const begin = performance.now();
  await adopter.sh(install, env).finally(registry.stop);
  const installMs = performance.now() - begin;
  return { packed, adopter, installMs, ports: { ...emulators, firestore } };
}
