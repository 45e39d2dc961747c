import { Conversation, type ConversationParts, type ConversationView } from "./conversation.js";

/** What is said about a track as reactive state. Belongs to one component: made and dropped with it. */
export class ConversationAbout {
  readonly #conversation: Conversation;
  #view = $state.raw<ConversationView>({ comments: null, sending: false, trouble: null });

  constructor(parts: Omit<ConversationParts, "onChange">) {
    this.#conversation = new Conversation({ ...parts, onChange: (view) => (this.#view = view) });
    $effect(() => {
      this.#conversation.start();
      return () => {
        this.#conversation.stop();
      };
    });
  }

  get view(): ConversationView {
    return this.#view;
  }

  add(text: string, timestampMs: number): Promise<boolean> {
    return this.#conversation.add(text, timestampMs);
  }

  edit(commentId: number, text: string): Promise<boolean> {
    return this.#conversation.edit(commentId, text);
  }

  remove(commentId: number): Promise<boolean> {
    return this.#conversation.remove(commentId);
  }
}
