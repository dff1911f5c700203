import type { Value } from './value.ts';

/** google.protobuf.Timestamp: seconds since 1970 (a decimal int64) and nanoseconds. */
export interface Timestamp {
  readonly seconds: string;
  readonly nanos: number;
}

/** A stored document. Its name is `projects/{p}/databases/{d}/documents/{collection}/{id}/…`. */
export interface StoredDocument {
  readonly name: string;
  readonly fields: Record<string, Value>;
  readonly createTime: Timestamp;
  readonly updateTime: Timestamp;
}
