import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { quietEnv, ROOT } from './emulator-setup.ts';
import { findOnPath } from './programs.ts';

/** Google's Firestore emulator: a Java program, part of the Google Cloud CLI or downloaded by the Firebase CLI. */
export interface OfficialProgram {
  jar: string;
  /** Arguments of `java`. */
  args: readonly string[];
  /** Minimum major version of Java. */
  minJava: number;
}

const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;
const INSTEAD = 'or leave --firestore=official out';

/** Where the Firebase CLI stores its download: FIREBASE_EMULATORS_PATH, else ~/.cache/firebase/emulators. */
interface DownloadableEmulators {
  getDownloadDetails(name: 'firestore'): { downloadPath: string; opts: { expectedSize: number } };
}

/** The program, if it is installed with a suitable Java. Makes no network requests. */
export function findOfficialProgram(): OfficialProgram | undefined {
  const program = locate();
  return existsSync(program.jar) && (javaVersion() ?? 0) >= program.minJava ? program : undefined;
}

/**
 * The program. The Firebase CLI downloads it if it is missing.
 *
 * @throws Error if Java is missing or too old, or the download failed
 */
export function requireOfficialProgram(): OfficialProgram {
  const program = locate();
  const { jar, minJava } = program;
  const java = javaVersion();
  if (java === undefined || java < minJava) {
    const what = java === undefined ? 'no java runs here; install it' : `the java here is ${java}; update it`;
    throw new Error(`--firestore=official needs Java ${minJava}, and ${what}, ${INSTEAD}`);
  }
  const failure = existsSync(jar) ? undefined : download();
  if (failure === undefined) return program;
  throw new Error(
    `Google's Firestore emulator is not in ${dirname(jar)}, and its download failed: ${failure}; ` +
      `run this again with a network, ${INSTEAD}`,
  );
}

/** The program of the Google Cloud CLI if there is one, else the path to which the Firebase CLI downloads it. */
function locate(): OfficialProgram {
  const jar = sdkFolders()
    .map((folder) => join(folder, 'platform', 'cloud-firestore-emulator', 'cloud-firestore-emulator.jar'))
    .find((path) => existsSync(path));
  // Arguments of its script cloud_firestore_emulator. The class files have version 55, which is Java 11.
  const main = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore';
  if (jar) return { jar, args: ['-cp', jar, main], minJava: 11 };
  // Arguments and Java version as in firebase-tools, lib/emulator/downloadableEmulators.js and commandUtils.js.
  const { downloadPath } = firebaseDetails();
  return { jar: downloadPath, args: ['-jar', downloadPath], minJava: 21 };
}

/** Folders in which the Google Cloud CLI may be installed. */
function sdkFolders(): string[] {
  const { CLOUDSDK_ROOT_DIR } = process.env;
  if (CLOUDSDK_ROOT_DIR) return [CLOUDSDK_ROOT_DIR];
  const gcloud = findOnPath('gcloud');
  const ofGcloud = gcloud ? [dirname(dirname(realpathSync(gcloud)))] : [];
  return [...ofGcloud, '/usr/lib/google-cloud-sdk', join(homedir(), 'google-cloud-sdk')];
}

function firebaseDetails() {
  const require = createRequire(import.meta.url);
  const emulators: DownloadableEmulators = require('firebase-tools/lib/emulator/downloadableEmulators.js');
  return emulators.getDownloadDetails('firestore');
}

/** The major version of the `java` on the PATH. */
export function javaVersion(): number | undefined {
  const { status, stdout, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const major = /version "(?:1\.)?(\d+)/.exec(`${stdout}${stderr}`)?.[1];
  return status === 0 && major !== undefined ? Number(major) : undefined;
}

/** Lets the Firebase CLI download it and check its digest. @returns the error in one line, or undefined */
function download(): string | undefined {
  const megabytes = Math.ceil(firebaseDetails().opts.expectedSize / 1_000_000);
  console.log(`Downloading Google's Firestore emulator (${megabytes} MB, once) ...`);
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  try {
    const cli = join(ROOT, 'node_modules', '.bin', 'firebase');
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'setup:emulators:firestore'], {
      ...{ cwd: scratch, env: quietEnv(scratch), encoding: 'utf8', timeout: DOWNLOAD_TIMEOUT_MS },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (status === 0) return undefined;
    return /Error: (.*)/.exec(`${stderr}${stdout}`)?.[1] ?? 'it took too long, or was interrupted';
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
