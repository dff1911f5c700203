import type { Timestamp } from './document.ts';
import type { Aggregation, StructuredQuery } from './query/structured-query.ts';
import type { Value } from './value.ts';

export type { Aggregation, StructuredQuery };

/** The messages of google.firestore.v1 as proto.ts decodes them. Unset fields are omitted, empty lists and maps too. */

export type WireTimestamp = { seconds?: string; nanos?: number };
export type Fields = Record<string, Value>;

export interface DocumentMessage {
  name?: string;
  fields?: Fields;
  createTime?: Timestamp;
  updateTime?: Timestamp;
}

export interface Mask {
  fieldPaths?: string[];
}

export interface Precondition {
  exists?: boolean;
  updateTime?: WireTimestamp;
}

export interface FieldTransform {
  fieldPath?: string;
  setToServerValue?: string;
  increment?: Value;
  maximum?: Value;
  minimum?: Value;
  appendMissingElements?: { values?: Value[] };
  removeAllFromArray?: { values?: Value[] };
}

export interface Write {
  update?: DocumentMessage;
  delete?: string;
  transform?: { document?: string; fieldTransforms?: FieldTransform[] };
  updateMask?: Mask;
  updateTransforms?: FieldTransform[];
  currentDocument?: Precondition;
}

export interface WriteResult {
  updateTime?: Timestamp;
  transformResults?: Value[];
}

export interface TransactionOptions {
  readOnly?: { readTime?: WireTimestamp };
  readWrite?: { retryTransaction?: Buffer };
}

/** The read time or transaction of a request. At most one of them is set. */
export interface Consistency {
  transaction?: Buffer;
  newTransaction?: TransactionOptions;
  readTime?: WireTimestamp;
}

export interface QueryTarget {
  parent?: string;
  structuredQuery?: StructuredQuery;
}

export interface Target {
  query?: QueryTarget;
  documents?: { documents?: string[] };
  resumeToken?: Buffer;
  readTime?: WireTimestamp;
  targetId?: number;
  once?: boolean;
}

export interface ListenRequest {
  database?: string;
  addTarget?: Target;
  removeTarget?: number;
}

export interface TargetChange {
  targetChangeType: 'NO_CHANGE' | 'ADD' | 'REMOVE' | 'CURRENT' | 'RESET';
  targetIds?: number[];
  cause?: { code: number; message: string };
  resumeToken?: Buffer;
  readTime?: Timestamp;
}

export interface ListenResponse {
  targetChange?: TargetChange;
  documentChange?: { document: DocumentMessage; targetIds?: number[]; removedTargetIds?: number[] };
  documentDelete?: { document: string; removedTargetIds: number[]; readTime: Timestamp };
  documentRemove?: { document: string; removedTargetIds: number[]; readTime: Timestamp };
}
