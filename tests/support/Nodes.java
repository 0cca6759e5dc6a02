import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.List;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * Runs nodes of OpenSearch in one process: `Nodes FOLDER COUNT PORT…`; "stop 1" and "start 1" on stdin. The first COUNT
 * ports are for HTTP, as many others for the nodes among themselves.
 */
public class Nodes {
  public static void main(String[] arguments) throws Exception {
    int count = Integer.parseInt(arguments[1]);
    List<String> ports = List.of(arguments).subList(2, 2 + 2 * count);
    List<String> peers = ports.subList(count, 2 * count).stream().map("127.0.0.1:"::concat).toList();
    OpenSearchRunner runner = new OpenSearchRunner();
    runner.setMaxHttpPort(-1);
    runner.onBuild((number, settings) -> {
      settings.put("http.port", ports.get(number - 1));
      settings.put("transport.port", ports.get(count + number - 1));
      settings.put("network.host", "127.0.0.1");
      settings.putList("discovery.seed_hosts", peers);
      settings.put("cluster.initial_cluster_manager_nodes", "Node 1");
      settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
      settings.put("cluster.info.update.interval", "10s");
    });
    runner.build(OpenSearchRunner.newConfigs().basePath(arguments[0]).clusterName("tocsin-" + arguments[2])
        .numOfNode(count).pluginTypes(System.getProperty("plugin", "")).disableESLogger());
    System.out.println("ready");
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String[] words = line.split(" ");
      int node = Integer.parseInt(words[1]);
      if (words[0].equals("stop")) {
        runner.getNode(node).close();
      } else {
        runner.startNode(node);
      }
      System.out.println("done");
    }
    runner.close();
    System.exit(0);
  }
}
