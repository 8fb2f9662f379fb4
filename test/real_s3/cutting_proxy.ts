/** A proxy that cuts connections, so that a service need not be told to. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export class CuttingProxy {
  /** Connections that are still to be cut, after so many bytes of answers. */
  cuts: number[] = [];
  cutCount = 0;
  /** Requests that had a signature. */
  signedCount = 0;
  endpoint = "";

  /** Starts one in front of a service; it ends with the test. */
  static async start(
    t: { teardown(undo: () => unknown): void },
    target: string,
  ): Promise<CuttingProxy> {
    const proxy = new CuttingProxy();
    const port = Number(new URL(target).port);
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const service = connect(port, "127.0.0.1");
      for (const socket of [client, service]) {
        sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          sockets.delete(socket);
          client.destroy();
          service.destroy();
        });
      }
      client.on("data", (bytes) => {
        if (/^authorization:/im.test(bytes.toString("latin1"))) {
          proxy.signedCount++;
        }
        service.write(bytes);
      });
      let passed = 0;
      service.on("data", (bytes) => {
        const [cut] = proxy.cuts;
        passed += bytes.length;
        if (cut === undefined || passed < cut) {
          client.write(bytes);
          return;
        }
        proxy.cuts.shift();
        proxy.cutCount++;
        client.end(bytes.subarray(0, bytes.length - (passed - cut)));
        service.destroy();
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    proxy.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    t.teardown(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return proxy;
  }
}
