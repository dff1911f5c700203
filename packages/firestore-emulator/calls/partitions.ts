import type { QueryTarget, WireTimestamp } from '../messages.ts';
import { openReading } from '../reading.ts';
import { prepareScan, runScan } from '../scan.ts';
import { invalidArgument } from '../status.ts';
import type { Store } from '../store.ts';

export interface PartitionQueryRequest extends QueryTarget {
  partitionCount?: string;
  pageSize?: number;
  pageToken?: string;
  readTime?: WireTimestamp;
}

/** Cursors that cut a collection group into about equal parts; `partitionCount` is how many cuts at most. */
export function partitionQuery(store: Store, request: PartitionQueryRequest): object {
  const { parent = '', partitionCount = '0', pageSize, pageToken, structuredQuery } = request;
  const wanted = Number(partitionCount);
  if (wanted < 1) throw invalidArgument('partition_count must be greater than zero.');
  if (!structuredQuery?.from?.[0]?.allDescendants)
    throw invalidArgument('Only a collection group can be cut in parts.');
  const opened = store.open(parent);
  const { at } = openReading(opened, request);
  const names = runScan(opened.database, prepareScan(request), at).map(({ name }) => name);
  const cuts = new Set<string>();
  for (let part = 1; part <= wanted; part++) {
    const name = names[Math.floor((part * names.length) / (wanted + 1))];
    if (name !== undefined && name !== names[0]) cuts.add(name);
  }
  const start = Number(pageToken || 0);
  const end = pageSize ? start + pageSize : cuts.size;
  const partitions = [...cuts]
    .slice(start, end)
    .map((referenceValue) => ({ values: [{ referenceValue }], before: true }));
  return { partitions, ...(end < cuts.size && { nextPageToken: String(end) }) };
}
