import { type Change, carryOut } from './changes.ts';
import { type EditJob, edit } from './editor.ts';
import { openInstance } from './instance.ts';
import type { Addresses } from './outside.ts';

/** A process with an instance of its own: it does what it is told, and says when it is done. */

export type Job = { readonly addresses: Addresses } & (
  | { readonly edits: readonly EditJob[] }
  | { readonly change: Change }
);

process.on('message', async (job: Job) => {
  // Its clock is a second slow: what ends "this second" has ended already, and nobody has to wait for it.
  const instance = openInstance(job.addresses, () => Date.now() - ('change' in job ? 1000 : 0));
  if ('change' in job) await carryOut(instance, job.change);
  else await Promise.all(job.edits.map((one) => edit(instance, one)));
  process.send?.('done');
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
