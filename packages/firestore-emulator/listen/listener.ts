import type { CommitRecord, Database } from '../database.ts';
import type { ListenRequest, ListenResponse, Target, TargetChange } from '../messages.ts';
import type { IndexesFile } from '../query/indexes-file.ts';
import { checkIndex } from '../query-index.ts';
import { prepareScan } from '../scan.ts';
import { FirestoreError, invalidArgument } from '../status.ts';
import type { Opened, Store } from '../store.ts';
import { type Micros, toMicros, toTimestamp } from '../time.ts';
import { fromResumeToken, toResumeToken } from './resume-token.ts';
import { type Difference, DocumentsView, QueryView, type View } from './view.ts';

/**
 * One Listen stream: any number of targets on one database. Each commit that matters to a target is told as its
 * changes, followed by a NO_CHANGE for all targets with the commit's time: then the client has a snapshot.
 */
export class Listener {
  readonly #store: Store;
  readonly #indexes: IndexesFile | undefined;
  readonly #send: (response: ListenResponse) => void;
  readonly #views = new Map<number, View>();
  #opened: Opened | undefined;
  #unsubscribe: () => void = () => {};
  #isClosed = false;

  constructor(store: Store, indexes: IndexesFile | undefined, send: (response: ListenResponse) => void) {
    this.#store = store;
    this.#indexes = indexes;
    this.#send = send;
  }

  /** @throws FirestoreError for a request that ends the stream: no database, or a target id used twice */
  receive({ database, addTarget, removeTarget }: ListenRequest): void {
    // The client may have gone while its request was held.
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

  #open(name = ''): Opened {
    if (this.#opened) return this.#opened;
    this.#opened = this.#store.open(name);
    const { database } = this.#opened;
    this.#unsubscribe = database.subscribe((commit) => this.#tell(database, commit));
    return this.#opened;
  }

  #add(opened: Opened, target: Target): void {
    const { targetId = 0 } = target;
    if (targetId === 0) throw invalidArgument('A target needs an id that is not 0.');
    if (this.#views.has(targetId)) throw invalidArgument(`Target id ${targetId} is already in use.`);
    try {
      this.#start(opened, target, targetId, this.#viewOf(opened, target));
    } catch (error) {
      if (!(error instanceof FirestoreError)) throw error;
      this.#remove([targetId], { code: error.code, message: error.message });
    }
  }

  #start({ database }: Opened, target: Target, targetId: number, view: View): void {
    const targetIds = [targetId];
    const asked = resumesAt(target);
    const canResume = asked !== undefined && asked !== 'unknown' && database.remembers(asked);
    const at = database.now();
    this.#change({ targetChangeType: 'ADD', targetIds });
    if (asked !== undefined && !canResume) this.#change({ targetChangeType: 'RESET', targetIds });
    this.#report(database, targetId, view.begin(canResume ? asked : undefined), at);
    this.#change({ targetChangeType: 'CURRENT', targetIds, ...moment(at) });
    this.#change({ targetChangeType: 'NO_CHANGE', ...moment(at) });
    if (target.once) this.#remove(targetIds);
    else this.#views.set(targetId, view);
  }

  #viewOf({ database }: Opened, { query, documents }: Target): View {
    if (documents) return new DocumentsView(database, documents.documents ?? []);
    if (!query) throw invalidArgument('A target is a query or documents.');
    const scan = prepareScan(query);
    checkIndex(scan.structuredQuery, this.#indexes);
    return new QueryView(database, scan);
  }

  #tell(database: Database, commit: CommitRecord): void {
    let isTold = false;
    for (const [targetId, view] of this.#views) {
      const difference = view.advance(commit);
      if (difference.changed.length + difference.removed.length === 0) continue;
      this.#report(database, targetId, difference, commit.at);
      isTold = true;
    }
    if (isTold) this.#change({ targetChangeType: 'NO_CHANGE', ...moment(commit.at) });
  }

  /** A document that is gone is deleted; one that merely doesn't match any more is removed. */
  #report(database: Database, targetId: number, { changed, removed }: Difference, at: Micros): void {
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
    this.#change({ targetChangeType: 'REMOVE', targetIds, ...(cause && { cause }) });
  }

  #change(targetChange: TargetChange): void {
    this.#send({ targetChange });
  }
}

const moment = (at: Micros) => ({ resumeToken: toResumeToken(at), readTime: toTimestamp(at) });

/** Since when the client knows its results: undefined if it knows nothing, 'unknown' for a token that says nothing here. */
function resumesAt({ resumeToken, readTime }: Target): Micros | 'unknown' | undefined {
  if (resumeToken?.length) return fromResumeToken(resumeToken) ?? 'unknown';
  return readTime && toMicros(readTime);
}
