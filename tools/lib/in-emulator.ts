// Loaded into the Firebase CLI's process (node --import) before the CLI itself.
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';

// The Auth emulator compiles a validator for every field of Google's API at start: 8 of 12 seconds.
// Its OpenAPI library has an option to compile each on first use; the CLI just doesn't set it.
type Middleware = (document: unknown, options: object) => unknown;
const require = createRequire(createRequire(import.meta.url).resolve('firebase-tools/package.json'));
const exegesis: { middleware: Middleware } = require('exegesis-express');
const { middleware } = exegesis;
exegesis.middleware = (document, options) =>
  middleware(document, { ...options, lazyCompileValidationSchemas: true });

// The CLI gives Java a process group of its own, which nobody would end with ours.
const childProcess: typeof import('node:child_process') = require('node:child_process');
const { spawn } = childProcess;
const spawnInGroup = (command: string, ...rest: object[]) => {
  const given = command === 'java' ? [...rest.slice(0, 1), { ...rest[1], detached: false }] : rest;
  return Reflect.apply(spawn, childProcess, [command, ...given]);
};
Object.assign(childProcess, { spawn: spawnInGroup });

// The process that started the emulators is gone, however it ended: take the whole process group along.
process.on('disconnect', () => {
  const scratch = process.env.GATEHOUSE_SCRATCH;
  if (scratch) rmSync(scratch, { recursive: true, force: true });
  process.kill(-process.pid, 'SIGKILL');
});
