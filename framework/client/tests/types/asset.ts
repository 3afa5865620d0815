/** What a page writes that has the client from the server. */

import { connect, Refusal, type Client } from "../../../salon/assets/client.js";
import { chat, type Chat } from "./chat.js";

const salon: Client<Chat> = connect("/salon", { contract: chat });
const lounge = await salon.join("chat:join", { room: "lounge", name: "Ada" });
await lounge.send("chat:say", { text: "hi" }).catch((error: unknown) => error instanceof Refusal);
// @ts-expect-error an event that is not in the contract
await salon.send("chat:sai", {});
