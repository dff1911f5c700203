import { basename, dirname, join } from 'node:path';
import { isDocumentsFile } from '../../packages/firestore-emulator/documents-file.ts';
import { quietEnv, ROOT } from './emulator-setup.ts';
import type { Documents, DocumentsOptions } from './firestore-emulator.ts';
import { requireOfficialProgram } from './official-program.ts';
import { HOST } from './ports.ts';
import { ProcessGroup } from './process-group.ts';

const READY = 'Dev App Server is now running';
const EXPORT_TIMEOUT_MS = 60_000;
const JVM = [
  '-Duser.language=en', // the only language it has
  '-Djava.net.preferIPv4Stack=true', // WSL cannot connect otherwise
  '-XX:-UsePerfData', // a killed process would leave its files in /tmp
  '-XX:TieredStopAtLevel=1', // starts in half the time
];

/** Starts Google's emulator with firestore.rules. */
export async function startOfficial({
  port,
  projectId,
  data,
  logFile,
  seed,
  functionsPort,
  websocketPort,
}: DocumentsOptions): Promise<Documents> {
  const { args } = requireOfficialProgram();
  if (seed !== undefined && isDocumentsFile(seed)) {
    throw new Error(`${seed} was exported from the embedded Firestore: leave --firestore=official out`);
  }
  const kept =
    seed ??
    (data?.kept && join(data.kept.documents, `${basename(data.kept.documents)}.overall_export_metadata`));
  const options = [
    ...['--host', HOST, '--port', String(port), '--rules', join(ROOT, 'firestore.rules')],
    ...(kept ? ['--seed_from_export', kept] : []),
    ...(functionsPort ? ['--functions_emulator', `${HOST}:${functionsPort}`] : []),
    ...(websocketPort ? ['--websocket_port', String(websocketPort)] : []),
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
 * Runs one transaction and ignores the result: the first one in Java is slower than the deadlines of Gatehouse.
 */
async function warmUp(port: number): Promise<void> {
  const documents = 'projects/warm-up/databases/(default)/documents'; // a separate project, so that the document is not in the user's
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

/** Exports the documents of a project to a folder, as the Firebase CLI does (lib/emulator/hubExport.js). */
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
