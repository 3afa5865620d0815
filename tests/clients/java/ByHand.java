/*
 * The plain protocol by the JDK alone: java ByHand.java http://127.0.0.1:PORT
 *
 * Pings are answered by its WebSocket; what is left are lists of JSON, one on each line, and a stream's lines.
 * The JDK has no JSON, so that frames are looked at as texts.
 */

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

public class ByHand {
    static final HttpClient CLIENT = HttpClient.newHttpClient();

    public static void main(String[] arguments) throws Exception {
        String server = arguments[0];
        talkByWebSocket(server);
        hearByStream(server);
        call(server);
        System.out.println("all is well");
        // Threads of the client's may still wait for what nobody needs any more.
        System.exit(0);
    }

    static void talkByWebSocket(String server) throws Exception {
        Frames frames = new Frames();
        URI uri = URI.create(server.replaceFirst("http", "ws") + "/salon");
        WebSocket socket = CLIENT.newWebSocketBuilder().subprotocols("salon.v1").buildAsync(uri, frames).get();
        expect(socket.getSubprotocol(), "salon.v1");
        expect(frames.next(), "[\"salon:welcome\",{\"session\":\"");
        String join = "[1,\"chat:join\",{\"room\":\"java\",\"name\":\"Ada\"}]";
        String say = "[\"chat:say\",{\"room\":\"java\",\"text\":\"hi\"}]";
        socket.sendText(join + "\n" + say, true).get();
        expect(frames.next(), "[\"salon:joined\",{\"room\":\"chat:java\",");
        expect(frames.next(), "[-1,[\"Ada\"]]");
        expect(frames.next(), "[\"chat:said\",{\"by\":\"Ada\",\"text\":\"hi\"},{\"room\":\"chat:java\",");
        socket.sendPing(ByteBuffer.wrap("are you there".getBytes(StandardCharsets.UTF_8))).get();
        expect(frames.next(), "pong are you there");
        socket.sendText("{}", true).get();
        expect(frames.next(), "[\"salon:bye\",{\"code\":\"bad_frame\",\"retry\":\"never\"}]");
        expect(frames.next(), "closed 4400 bad_frame");
    }

    static void hearByStream(String server) throws Exception {
        String join = "[\"chat:join\",{\"room\":\"stream\",\"name\":\"Eve\"}]";
        String query = "join=" + URLEncoder.encode(join, StandardCharsets.UTF_8);
        HttpRequest request = HttpRequest.newBuilder(URI.create(server + "/salon/events?" + query)).build();
        var response = CLIENT.send(request, BodyHandlers.ofLines());
        expect(Integer.toString(response.statusCode()), "200");
        try (var body = response.body()) {
            Iterator<String> lines = body.iterator();
            String welcome = find(lines, "data: [\"salon:welcome\",");
            String secret = welcome.split("\"secret\":\"")[1].split("\"")[0];
            find(lines, "data: [\"salon:joined\",{\"room\":\"chat:stream\",");
            HttpRequest send = HttpRequest.newBuilder(URI.create(server + "/salon/send"))
                .header("Salon-Session", secret)
                .header("Salon-Seq", "1")
                .POST(BodyPublishers.ofString("[\"chat:say\",{\"room\":\"stream\",\"text\":\"hi\"}]"))
                .build();
            var sent = CLIENT.send(send, BodyHandlers.ofString());
            expect(Integer.toString(sent.statusCode()), "202");
            find(lines, "data: [\"chat:said\",{\"by\":\"Eve\",\"text\":\"hi\"},{\"room\":\"chat:stream\",");
        }
    }

    static void call(String server) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server + "/salon/call/greet"))
            .POST(BodyPublishers.ofString("{\"name\":\"Ada\"}"))
            .build();
        var response = CLIENT.send(request, BodyHandlers.ofString());
        expect(response.statusCode() + " " + response.body(), "200 \"Hello, Ada\"");
    }

    static void expect(String heard, String begin) {
        if (!heard.startsWith(begin)) {
            throw new AssertionError(heard + " where " + begin + " is due");
        }
    }

    /** The next line that begins so. */
    static String find(Iterator<String> lines, String begin) {
        while (lines.hasNext()) {
            String line = lines.next();
            if (line.startsWith(begin)) {
                return line;
            }
        }
        throw new AssertionError("the stream has ended without " + begin);
    }

    /** What comes over a WebSocket, one frame after the other, and its end. */
    static class Frames implements WebSocket.Listener {
        private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        private final StringBuilder message = new StringBuilder();

        String next() throws InterruptedException {
            String frame = heard.poll(20, TimeUnit.SECONDS);
            return frame == null ? "nothing" : frame;
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            message.append(part);
            if (last) {
                message.toString().lines().forEach(heard::add);
                message.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onPong(WebSocket socket, ByteBuffer said) {
            heard.add("pong " + StandardCharsets.UTF_8.decode(said));
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            heard.add("closed " + code + " " + reason);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            heard.add("error " + error);
        }
    }
}
