import { basename, dirname, join } from 'node:path';
import type { Documents, DocumentsOptions } from './documents.ts';
import { quietEnv, ROOT } from './emulator-setup.ts';
import { requireOfficialProgram } from './official-program.ts';
import { HOST } from './ports.ts';
import { ProcessGroup } from './process-group.ts';

const READY = 'Dev App Server is now running';
const EXPORT_TIMEOUT_MS = 60_000;
const JVM = [
  '-Duser.language=en', // it knows no other
  '-Djava.net.preferIPv4Stack=true', // else WSL does not reach it
  '-XX:-UsePerfData', // which a process that is killed would leave in /tmp
  '-XX:TieredStopAtLevel=1', // starts in half the time
];

/** Starts Google's emulator with our firestore.rules. */
export async function startOfficial({
  port,
  projectId,
  data,
  logFile,
}: DocumentsOptions): Promise<Documents> {
  const { args } = requireOfficialProgram();
  const kept =
    data?.kept && join(data.kept.documents, `${basename(data.kept.documents)}.overall_export_metadata`);
  const options = [
    ...['--host', HOST, '--port', String(port), '--rules', join(ROOT, 'firestore.rules')],
    ...(kept ? ['--seed_from_export', kept] : []),
  ];
  const group = new ProcessGroup(
    'Google’s Firestore emulator',
    ['java', ...JVM, ...args, ...options],
    quietEnv,
  );
  const stop = () => group.stop();
  try {
    await group.untilReady({ ready: READY }, { logFile });
    await warmUp(port);
  } catch (error) {
    await stop();
    throw error;
  }
  const save = async () => {
    if (data) await exportDocuments(data.documents, projectId, port);
  };
  return { exited: group.exited, save, stop };
}

/**
 * Java is slow at what it does for the first time: without this, the first transaction outlasts Gatehouse's patience.
 * Nothing depends on the answers.
 */
async function warmUp(port: number): Promise<void> {
  const documents = 'projects/warm-up/databases/(default)/documents'; // a project of its own: nobody finds it in theirs
  const name = `${documents}/warm/up`;
  const call = (method: string, body: object) =>
    fetch(`http://${HOST}:${port}/v1/${documents}:${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer owner' },
      body: JSON.stringify(body),
    });
  const begun = await call('beginTransaction', {});
  if (!begun.ok) return;
  const { transaction } = (await begun.json()) as { transaction: string };
  await call('batchGet', { transaction, documents: [name] });
  await call('commit', { transaction, writes: [{ update: { name, fields: {} } }] });
}

/** Has it write a project's documents into a folder, as the Firebase CLI does (lib/emulator/hubExport.js). */
async function exportDocuments(folder: string, projectId: string, port: number): Promise<void> {
  const response = await fetch(`http://${HOST}:${port}/emulator/v1/projects/${projectId}:export`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      database: `projects/${projectId}/databases/(default)`,
      export_directory: dirname(folder),
      export_name: basename(folder),
    }),
    signal: AbortSignal.timeout(EXPORT_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(await response.text());
}
