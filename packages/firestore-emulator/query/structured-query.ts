import type { Value } from '../value.ts';

/** The supported messages of google/firestore/v1/query.proto, as proto-loader decodes them. */
export interface StructuredQuery {
  select?: { fields?: FieldReference[] } | null;
  from?: CollectionSelector[];
  where?: Filter | null;
  orderBy?: Order[];
  startAt?: Cursor | null;
  endAt?: Cursor | null;
  offset?: number;
  limit?: { value?: number } | null;
  findNearest?: unknown;
}

export interface CollectionSelector {
  collectionId?: string;
  allDescendants?: boolean;
}

export interface FieldReference {
  fieldPath?: string;
}

export interface Filter {
  compositeFilter?: { op?: string; filters?: Filter[] } | null;
  fieldFilter?: { field?: FieldReference | null; op?: string; value?: Value | null } | null;
  unaryFilter?: { field?: FieldReference | null; op?: string } | null;
}

export interface Order {
  field?: FieldReference | null;
  direction?: string;
}

export interface Cursor {
  values?: Value[];
  before?: boolean;
}

export interface Aggregation {
  alias?: string;
  count?: { upTo?: { value?: string | number } | null } | null;
  sum?: { field?: FieldReference | null } | null;
  avg?: { field?: FieldReference | null } | null;
}
