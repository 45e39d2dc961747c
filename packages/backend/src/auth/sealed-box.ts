import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

const VERSION = "v1";
const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The sealed text is damaged, or was sealed for somebody else. */
export class SealBroken extends Error {
  override readonly name = "SealBroken";
}

/** The sealed text is in order but was sealed with a key that we don't have (any more). */
export class OtherKey extends Error {
  override readonly name = "OtherKey";
}

/**
 * Encrypts what may not be readable at rest: AES-256-GCM, a random nonce each time, bound to its place so that one
 * person's text can't be put in another's row. Format: `v1.<key id>.<nonce>.<ciphertext and tag>`; version and key id are
 * authenticated too, and let keys be rotated.
 */
export class SealedBox {
  /** Of the key that seals. */
  readonly keyId: string;
  /** Of all keys that open. */
  readonly keyIds: readonly string[];
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #key: Buffer;

  /**
   * @param key seals and opens; 32 bytes
   * @param others open as well: keys of before, or of after, a rotation
   */
  constructor(key: Buffer, others: readonly Buffer[] = []) {
    this.#key = key;
    this.#keys = new Map([key, ...others].map((each) => [idOf(each), each]));
    this.keyId = idOf(key);
    this.keyIds = [...this.#keys.keys()];
  }

  /** @param place what the text belongs to, such as `grant:did:plc:…`; the same is needed to open it */
  seal(text: string, place: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce);
    cipher.setAAD(Buffer.from(`${VERSION}.${this.keyId}.${place}`));
    const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return [VERSION, this.keyId, nonce.toString("base64url"), body.toString("base64url")].join(".");
  }

  /** Whether it was sealed with the key that seals now. */
  isCurrent(sealed: string): boolean {
    return sealed.startsWith(`${VERSION}.${this.keyId}.`);
  }

  /**
   * @throws {OtherKey} when it was sealed with a key that is none of ours
   * @throws {SealBroken} when it was altered, or sealed for another place
   */
  open(sealed: string, place: string): string {
    const [version, keyId, nonce, body] = sealed.split(".");
    if (version !== VERSION || keyId === undefined || nonce === undefined || body === undefined) {
      throw new SealBroken(`What is stored for ${place} is not sealed text of version ${VERSION}`);
    }
    const key = this.#keys.get(keyId);
    if (key === undefined) {
      throw new OtherKey(
        `What is stored for ${place} was sealed with key ${keyId}, not with ours (${this.keyIds.join(", ")})`,
      );
    }
    const bytes = Buffer.from(body, "base64url");
    try {
      const decipher = createDecipheriv(ALGORITHM, key, Buffer.from(nonce, "base64url"), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(`${VERSION}.${keyId}.${place}`));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString(
        "utf8",
      );
    } catch (cause) {
      throw new SealBroken(`What is stored for ${place} was altered or belongs elsewhere`, { cause });
    }
  }
}

function idOf(key: Buffer): string {
  return createHash("sha256").update("plyr key id").update(key).digest("hex").slice(0, 8);
}
