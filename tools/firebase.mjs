#!/usr/bin/env node
// The Firebase CLI of this repository; node_modules/.bin/firebase is a link to it (link-cli.mjs). It adds what is in cli/ to
// the commands that start or use emulators: Firestore without Java, for example. Every other command is the CLI's own.
// Plain JavaScript: it may be started with a Node that cannot run TypeScript.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUNTIME = 24;
const LOCAL = /^(emulators:\w+|functions:shell|serve)$/;

const bin = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
const runtime = join(bin, 'node');
const isLocal = process.argv.slice(2).some((arg) => LOCAL.test(arg));
const hasRuntime = Number(process.versions.node.split('.')[0]) >= RUNTIME;

// The emulator runs functions with the first `node` of the PATH.
process.env.PATH = [bin, process.env.PATH].join(delimiter);

if (isLocal && !hasRuntime && existsSync(runtime)) {
  const child = spawn(runtime, process.argv.slice(1), { stdio: 'inherit' });
  // Ctrl-C reaches the child twice, from the terminal, too: the CLI ignores a signal within 100 ms of the one before.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 130 : code));
} else {
  if (isLocal && hasRuntime) await import('./cli/emulators.ts');
  else if (isLocal)
    console.error(`gatehouse: the emulators need Node ${RUNTIME}: run "npm start" once, which installs it.`);
  createRequire(import.meta.url)('firebase-tools/lib/bin/firebase.js');
}
