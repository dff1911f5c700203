import type { CommitRecord, Database } from '../database.ts';
import type { ListenRequest, ListenResponse, Target, TargetChange } from '../messages.ts';
import type { IndexesFile } from '../query/indexes-file.ts';
import { checkIndex } from '../query-index.ts';
import { prepareScan } from '../scan.ts';
import { FirestoreError, invalidArgument } from '../status.ts';
import type { OpenDatabase, Store } from '../store.ts';
import { type Micros, toMicros, toTimestamp } from '../time.ts';
import { fromResumeToken, toResumeToken } from './resume-token.ts';
import { type Difference, DocumentsView, QueryView, type View } from './view.ts';

/**
 * One Listen stream with any number of targets on one database. For each commit that affects a target, it sends the
 * changes, then NO_CHANGE with the commit time for all targets, which completes the client's snapshot.
 */
export class Listener {
  readonly #store: Store;
  readonly #indexes: IndexesFile | undefined;
  readonly #send: (response: ListenResponse) => void;
  readonly #views = new Map<number, View>();
  #opened: OpenDatabase | undefined;
  #unsubscribe: () => void = () => {};
  #isClosed = false;

  constructor(store: Store, indexes: IndexesFile | undefined, send: (response: ListenResponse) => void) {
    this.#store = store;
    this.#indexes = indexes;
    this.#send = send;
  }

  /** @throws FirestoreError, which ends the stream: no database, or a target id that is in use */
  receive({ database, addTarget, removeTarget }: ListenRequest): void {
    // The client may have disconnected while a hook held its request.
    if (this.#isClosed) return;
    const opened = this.#open(database);
    if (addTarget) this.#add(opened, addTarget);
    else if (removeTarget !== undefined) this.#remove([removeTarget]);
  }

  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    this.#views.clear();
  }

  #open(name = ''): OpenDatabase {
    if (this.#opened) return this.#opened;
    this.#opened = this.#store.open(name);
    const { database } = this.#opened;
    this.#unsubscribe = database.subscribe((commit) => this.#sendCommit(database, commit));
    return this.#opened;
  }

  #add(opened: OpenDatabase, target: Target): void {
    const { targetId = 0 } = target;
    if (targetId === 0) throw invalidArgument('A target needs an id that is not 0.');
    if (this.#views.has(targetId)) throw invalidArgument(`Target id ${targetId} is already in use.`);
    try {
      this.#start(opened, target, targetId, this.#createView(opened, target));
    } catch (error) {
      if (!(error instanceof FirestoreError)) throw error;
      this.#remove([targetId], { code: error.code, message: error.message });
    }
  }

  #start({ database }: OpenDatabase, target: Target, targetId: number, view: View): void {
    const targetIds = [targetId];
    const resumeTime = resumeTimeOf(target);
    const canResume =
      resumeTime !== undefined && resumeTime !== 'unknown' && database.hasHistorySince(resumeTime);
    const at = database.now();
    this.#sendTargetChange({ targetChangeType: 'ADD', targetIds });
    if (resumeTime !== undefined && !canResume)
      this.#sendTargetChange({ targetChangeType: 'RESET', targetIds });
    this.#sendDifference(database, targetId, view.initialDifference(canResume ? resumeTime : undefined), at);
    this.#sendTargetChange({ targetChangeType: 'CURRENT', targetIds, ...snapshotMarker(at) });
    this.#sendTargetChange({ targetChangeType: 'NO_CHANGE', ...snapshotMarker(at) });
    if (target.once) this.#remove(targetIds);
    else this.#views.set(targetId, view);
  }

  #createView({ database }: OpenDatabase, { query, documents }: Target): View {
    if (documents) return new DocumentsView(database, documents.documents ?? []);
    if (!query) throw invalidArgument('A target is a query or documents.');
    const scan = prepareScan(query);
    checkIndex(scan.structuredQuery, this.#indexes);
    return new QueryView(database, scan);
  }

  #sendCommit(database: Database, commit: CommitRecord): void {
    let hasChanges = false;
    for (const [targetId, view] of this.#views) {
      const difference = view.applyCommit(commit);
      if (difference.changed.length + difference.removed.length === 0) continue;
      this.#sendDifference(database, targetId, difference, commit.at);
      hasChanges = true;
    }
    if (hasChanges) this.#sendTargetChange({ targetChangeType: 'NO_CHANGE', ...snapshotMarker(commit.at) });
  }

  /** Sends documentDelete if the document no longer exists, documentRemove if it no longer matches. */
  #sendDifference(database: Database, targetId: number, { changed, removed }: Difference, at: Micros): void {
    const removedTargetIds = [targetId];
    const readTime = toTimestamp(at);
    for (const document of removed) {
      const message = { document, removedTargetIds, readTime };
      this.#send(database.get(document) ? { documentRemove: message } : { documentDelete: message });
    }
    for (const document of changed) this.#send({ documentChange: { document, targetIds: [targetId] } });
  }

  #remove(targetIds: number[], cause?: { code: number; message: string }): void {
    for (const id of targetIds) this.#views.delete(id);
    this.#sendTargetChange({ targetChangeType: 'REMOVE', targetIds, ...(cause && { cause }) });
  }

  #sendTargetChange(targetChange: TargetChange): void {
    this.#send({ targetChange });
  }
}

const snapshotMarker = (at: Micros) => ({ resumeToken: toResumeToken(at), readTime: toTimestamp(at) });

/** The time of the client's last snapshot. `undefined`: it has none. 'unknown': its token is from another process. */
function resumeTimeOf({ resumeToken, readTime }: Target): Micros | 'unknown' | undefined {
  if (resumeToken?.length) return fromResumeToken(resumeToken) ?? 'unknown';
  return readTime && toMicros(readTime);
}
