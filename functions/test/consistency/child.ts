import { flushCompileCache } from 'node:module';
import { type Change, carryOut } from './changes.ts';
import { type EditJob, edit } from './editor.ts';
import { type OwnInstance, openInstance, slowClock } from './instance.ts';
import type { Addresses } from './outside.ts';

/** A process with an instance of its own. It carries out the jobs it receives and reports when each is done. */

export type Job = { readonly edits: readonly EditJob[] } | { readonly change: Change };

let instance: OwnInstance | undefined;

process.on('message', async (message: Addresses | Job) => {
  if ('firestore' in message) {
    await instance?.close();
    instance = openInstance(message, slowClock);
    await instance.warmUp();
  } else if (instance !== undefined) {
    const own = instance;
    if ('change' in message) await carryOut(own, message.change);
    else await Promise.all(message.edits.map((one) => edit(own, one)));
  }
  process.send?.('done');
});
process.on('disconnect', () => process.exit());
// Who is killed leaves nothing to those who come after it.
flushCompileCache();
process.send?.('ready');
