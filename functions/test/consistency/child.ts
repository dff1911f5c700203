import { flushCompileCache } from 'node:module';
import type { Addresses } from './backends.ts';
import { applyChange, type Change } from './changes.ts';
import { type EditJob, edit } from './editor.ts';
import { connectInstance, type OwnInstance, slowClock } from './instance.ts';
import { type SessionStep, takeSessionStep } from './session-steps.ts';

/** The main module of a child process: opens an instance, runs the jobs it receives, and reports when each is done. */

export type Job =
  | { readonly edits: readonly EditJob[] }
  | { readonly change: Change }
  | { readonly session: SessionStep };

let instance: OwnInstance | undefined;

process.on('message', async (message: Addresses | Job) => {
  if ('firestore' in message) {
    await instance?.close();
    instance = connectInstance(message, slowClock);
    await instance.warmUp();
  } else if (instance !== undefined) {
    const own = instance;
    if ('change' in message) await applyChange(own, message.change);
    else if ('session' in message) await takeSessionStep(own, message.session);
    else await Promise.all(message.edits.map((one) => edit(own, one)));
  }
  process.send?.('done');
});
process.on('disconnect', () => process.exit());
// Written now, because a killed process cannot write it for the processes after it.
flushCompileCache();
process.send?.('ready');
