import type { QueryTarget, WireTimestamp } from '../messages.ts';
import { openReadContext } from '../read-context.ts';
import { prepareScan, runScan } from '../scan.ts';
import { invalidArgument } from '../status.ts';
import type { Store } from '../store.ts';

export interface PartitionQueryRequest extends QueryTarget {
  partitionCount?: string;
  pageSize?: number;
  pageToken?: string;
  readTime?: WireTimestamp;
}

/** Cursors that split a collection group into parts of similar size. `partitionCount` is the maximum number of cursors. */
export function partitionQuery(store: Store, request: PartitionQueryRequest): object {
  const { parent = '', partitionCount = '0', pageSize, pageToken, structuredQuery } = request;
  const maxCursors = Number(partitionCount);
  if (maxCursors < 1) throw invalidArgument('partition_count must be greater than zero.');
  if (!structuredQuery?.from?.[0]?.allDescendants)
    throw invalidArgument('Only a collection group query can be partitioned.');
  const opened = store.open(parent);
  const { at } = openReadContext(opened, request);
  const names = runScan(opened.database, prepareScan(request), at).map(({ name }) => name);
  const cuts = new Set<string>();
  for (let part = 1; part <= maxCursors; part++) {
    const name = names[Math.floor((part * names.length) / (maxCursors + 1))];
    if (name !== undefined && name !== names[0]) cuts.add(name);
  }
  const start = Number(pageToken || 0);
  const end = pageSize ? start + pageSize : cuts.size;
  const partitions = [...cuts]
    .slice(start, end)
    .map((referenceValue) => ({ values: [{ referenceValue }], before: true }));
  return { partitions, ...(end < cuts.size && { nextPageToken: String(end) }) };
}
