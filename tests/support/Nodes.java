import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/** Runs nodes of OpenSearch in one process: `Nodes FOLDER COUNT PORT`; "stop 1" and "start 1" on stdin. */
public class Nodes {
  public static void main(String[] arguments) throws Exception {
    OpenSearchRunner runner = new OpenSearchRunner();
    runner.setMaxHttpPort(65535);
    runner.onBuild((number, settings) -> {
      settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
      settings.put("cluster.info.update.interval", "10s");
    });
    runner.build(OpenSearchRunner.newConfigs().basePath(arguments[0]).clusterName("tocsin-" + arguments[2])
        .numOfNode(Integer.parseInt(arguments[1])).baseHttpPort(Integer.parseInt(arguments[2]) - 1)
        .disableESLogger());
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
