import { existsSync } from 'node:fs';
import { isDocumentsFile } from '../../packages/firestore-emulator/documents-file.ts';
import type { FirestoreServer } from '../../packages/firestore-emulator/server.ts';
import type { FirestoreKind } from '../lib/firestore-option.ts';
import { javaVersion } from '../lib/official-program.ts';
import { cliError, loggerOf, requireFromCli } from './firebase-tools.ts';

/** What this file uses of the CLI's class of the same name. */
interface FirestoreEmulator {
  args: { port: number; rules?: string; seed_from_export?: string; websocket_port?: number };
  start(): Promise<void>;
  stop(): Promise<void>;
}
interface Downloads {
  start(name: string, ...rest: unknown[]): Promise<void>;
  requiresJava(name: string): boolean;
  downloadIfNecessary(name: 'firestore'): Promise<unknown>;
}
interface Ports {
  /** Called twice: the second time with the answer of the first. */
  resolveHostAndAssignPorts(wanted: Record<string, Listen | object[]>): Promise<Record<string, object[]>>;
}
interface Listen {
  host: string;
  port: number;
}
interface FirestoreConfig {
  getFirestoreConfig(
    projectId: string,
    options: { config: { path(name: string): string } },
  ): { indexes?: string }[] | undefined;
}
interface FunctionsEmulator {
  addFirestoreTrigger(project: string, key: string, ...rest: unknown[]): Promise<boolean>;
}

/** The Java that Google's emulator, as the CLI downloads it, needs (firebase-tools, lib/emulator/commandUtils.js). */
const MIN_JAVA = 21;

/**
 * Which Firestore the CLI's emulators use. `npm start` sets the variable: it runs one of the two outside of the CLI.
 * Otherwise it is Google's emulator where Java can run it, and else the embedded one.
 */
function chooseFirestore(): { kind: FirestoreKind; isOutside: boolean } {
  const { GATEHOUSE_OUTSIDE_FIRESTORE: outside } = process.env;
  if (outside === 'embedded' || outside === 'official') return { kind: outside, isOutside: true };
  return { kind: (javaVersion() ?? 0) >= MIN_JAVA ? 'official' : 'embedded', isOutside: false };
}

export function useFirestoreOfThisRepository(): void {
  const { kind, isOutside } = chooseFirestore();
  rememberIndexes();
  if (isOutside) useRunningFirestore(kind);
  else if (kind === 'official') useOfficial();
  else useEmbedded(`Google's emulator needs Java ${MIN_JAVA}`);
  if (kind === 'embedded') skipFirestoreTriggers();
}

const downloads: Downloads = requireFromCli('./lib/emulator/downloadableEmulators.js');
const emulatorClass: { FirestoreEmulator: { prototype: FirestoreEmulator } } = requireFromCli(
  './lib/emulator/firestoreEmulator.js',
);
const emulator = emulatorClass.FirestoreEmulator.prototype;
const say = (level: 'WARN' | 'BULLET', text: string) =>
  loggerOf('firestore').logLabeled(level, 'firestore', text);

/** The path of the project's index file, if it has one. The CLI reads it for deployments alone. */
let indexes: string | undefined;

function rememberIndexes(): void {
  const fsConfig: FirestoreConfig = requireFromCli('./lib/firestore/fsConfig.js');
  const { getFirestoreConfig } = fsConfig;
  fsConfig.getFirestoreConfig = (projectId, options) => {
    const databases = getFirestoreConfig(projectId, options);
    const named = databases?.map((database) => database.indexes ?? '').filter(Boolean) ?? [];
    // The usual file first: ours names one that the preflight of a deployment writes.
    const files = ['firestore.indexes.json', ...named].map((name) => options.config.path(name));
    indexes = files.find((file) => existsSync(file));
    return databases;
  };
}

/** The CLI neither starts Firestore nor asks for its port, but knows that it runs: triggers, rules, exports. */
function useRunningFirestore(kind: FirestoreKind): void {
  doNotNeedJava();
  if (kind === 'embedded') emulator.start = async () => {};
  const { start } = downloads;
  downloads.start = async (name, ...rest) => {
    if (name !== 'firestore') await start(name, ...rest);
  };
  const ports: Ports = requireFromCli('./lib/emulator/portUtils.js');
  const { resolveHostAndAssignPorts } = ports;
  ports.resolveHostAndAssignPorts = async ({ firestore, 'firestore.websocket': websocket, ...others }) => {
    const specs = await resolveHostAndAssignPorts(others);
    const given = (listen: Listen | object[]) =>
      Array.isArray(listen) ? listen : [{ address: listen.host, family: 'IPv4', port: listen.port }];
    return {
      ...specs,
      ...(firestore ? { firestore: given(firestore) } : {}),
      ...(websocket ? { 'firestore.websocket': given(websocket) } : {}),
    };
  };
}

const doNotNeedJava = () => {
  const { requiresJava } = downloads;
  downloads.requiresJava = (name) => name !== 'firestore' && requiresJava(name);
};

/** Google's emulator as the CLI starts it, or the embedded one if it cannot be downloaded. */
function useOfficial(): void {
  const { start } = emulator;
  emulator.start = async function () {
    const { seed_from_export: seed } = this.args;
    if (seed !== undefined && isDocumentsFile(seed)) {
      throw cliError(`${seed} was exported from the embedded Firestore, which Google's emulator cannot read`);
    }
    try {
      await downloads.downloadIfNecessary('firestore');
    } catch {
      useEmbedded("Google's emulator cannot be downloaded");
      skipFirestoreTriggers();
      return emulator.start.call(this);
    }
    await start.call(this);
  };
}

/** @param why why Google's emulator does not run */
function useEmbedded(why: string): void {
  doNotNeedJava();
  let server: FirestoreServer | undefined;
  emulator.start = async function () {
    const { port, seed_from_export: seed } = this.args;
    delete this.args.websocket_port; // for the UI's page of Firestore, which needs Google's emulator
    if (seed !== undefined && !isDocumentsFile(seed)) {
      throw cliError(
        `${seed} was exported from Google's Firestore emulator, and only that can read it: ${why}`,
      );
    }
    const { startFirestore } = await import('../../packages/firestore-emulator/server.ts');
    server = await startFirestore({ port, ...(indexes ? { indexes } : {}), ...(seed ? { seed } : {}) });
    say('BULLET', `the embedded Firestore runs, without security rules and triggers: ${why}`);
  };
  emulator.stop = async () => server?.stop();
}

/** Says once that Firestore triggers do not fire, instead of failing or once for each. */
function skipFirestoreTriggers(): void {
  const functions: { FunctionsEmulator: { prototype: FunctionsEmulator } } = requireFromCli(
    './lib/emulator/functionsEmulator.js',
  );
  const { EmulatorRegistry }: { EmulatorRegistry: { isRunning(name: string): boolean } } = requireFromCli(
    './lib/emulator/registry.js',
  );
  let isSaid = false;
  functions.FunctionsEmulator.prototype.addFirestoreTrigger = async (_project, key) => {
    if (!isSaid && EmulatorRegistry.isRunning('firestore')) {
      const name = key.replace(/-\d+$/, '');
      say(
        'WARN',
        `Firestore triggers (${name} …) do not fire: the embedded Firestore has none. Use Google's emulator.`,
      );
      isSaid = true;
    }
    return false;
  };
}
