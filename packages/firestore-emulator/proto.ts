import { isUtf8 } from 'node:buffer';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { loadPackageDefinition, type ServiceClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** 64-bit numbers and enums as strings, bytes as Buffers, unset fields omitted: the types of messages.ts. */
const SHAPE = { keepCase: false, longs: String, enums: String, bytes: Buffer, defaults: false, oneofs: true };

/** Loads the protos that `@google-cloud/firestore` ships, so that client and server use the same. */
function load(): ServiceClientConstructor {
  const sdk = dirname(createRequire(import.meta.url).resolve('@google-cloud/firestore/package.json'));
  const definition = loadSync('google/firestore/v1/firestore.proto', {
    ...SHAPE,
    includeDirs: [join(sdk, 'build', 'protos')],
  });
  const { google } = loadPackageDefinition(definition) as unknown as {
    google: { firestore: { v1: { Firestore: ServiceClientConstructor } } };
  };
  return google.firestore.v1.Firestore;
}

/** The part of protobufjs that decodes. It must be the copy of proto-loader, which is not a dependency of this package. */
const { BufferReader } = createRequire(import.meta.resolve('@grpc/proto-loader'))('protobufjs') as {
  BufferReader: new (bytes: Uint8Array) => { bytes(): Buffer; string(): string };
};

/** A gRPC client of google.firestore.v1.Firestore, for test requests that the SDK cannot send. */
export const FirestoreClient: ServiceClientConstructor = load();

/** What the bytes of a request say and its decoded form does not. */
interface Encoding {
  size: number;
  isWellFormed: boolean;
}

const encodings = new WeakMap<object, Encoding>();

/** The encoded size of a decoded request, in bytes, and whether all of its strings are UTF-8. */
export const encodingOf = (request: object): Encoding =>
  encodings.get(request) ?? { size: 0, isWellFormed: true };

/**
 * Notices strings that are not UTF-8, which protobufjs decodes with U+FFFD. The SDK sends them for unpaired surrogates in
 * strings of up to 39 UTF-16 code units; in longer ones it writes U+FFFD itself.
 */
class StringReader extends BufferReader {
  isWellFormed = true;

  override string(): string {
    const bytes = this.bytes();
    this.isWellFormed &&= isUtf8(bytes);
    return bytes.toString();
  }
}

/** Does not fail for a request that is too large or not UTF-8: gRPC would answer with a code that the SDK retries. */
export const firestoreService: ServiceDefinition = Object.fromEntries(
  Object.entries(FirestoreClient.service).map(([name, method]) => {
    const requestDeserialize = (bytes: Buffer): object => {
      const reader = new StringReader(bytes);
      // The decoder of protobufjs takes bytes or a reader; its type in proto-loader is for bytes.
      const request = method.requestDeserialize(reader as unknown as Buffer) as object;
      encodings.set(request, { size: bytes.length, isWellFormed: reader.isWellFormed });
      return request;
    };
    return [name, { ...method, requestDeserialize }];
  }),
);
